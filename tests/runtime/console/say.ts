// Run without permissions: what reaches stdout and stderr is what a log collector gets.
import { log } from '../../../rules/console/runtime/edge.ts';

log('info', '100%% of %s', { n: 1n });
log('error', 'bad', { error: new Error('x') });
