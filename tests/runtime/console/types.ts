// What may be written against the loggers, and what the compiler must refuse. Only type-checked, never run.
import {
  configureLogger,
  createLogger,
  log,
  type LogFields,
  type Logger,
  type LogLevel,
  sensitiveKeys,
} from '../../../rules/console/runtime/edge.ts';
import * as browser from '../../../rules/console/runtime/browser.ts';

interface User {
  id: string;
  name?: string;
}

export function accepted(user: User, level: LogLevel, err: unknown, fields: LogFields | undefined): void {
  log('info', 'm');
  log(level, 'm {id}', { id: user.id, user, none: undefined, err });
  log('warn', 'm', fields);
  configureLogger({});
  configureLogger({ level: 'warn', redact: [...sensitiveKeys, 'iban'] });
  const logger: Logger = createLogger('fn').child({ user });
  logger.debug('m');
  logger.error('m', { error: err });
  const frontend: browser.Logger = browser.logger;
  frontend.child({ user }).info('m', { err, user });
  browser.createLogger('page').warn('m', fields);
  browser.configureLogger({ level });
  Promise.reject(err).catch((error: unknown) => browser.logger.error('m', { error }));
  const nothing: void = browser.logger.info('m');
  return nothing;
}

export function refused(user: User, err: Error): void {
  // @ts-expect-error: no such level
  log('fatal', 'm');
  // @ts-expect-error: the message is a text
  log('info', user);
  // @ts-expect-error: an error is not a set of fields
  log('error', 'm', err);
  // @ts-expect-error: fields have names
  log('info', 'm', 'text');
  // @ts-expect-error: one set of fields
  log('info', 'm', {}, {});
  // @ts-expect-error: no such level
  configureLogger({ level: 'silent' });
  // @ts-expect-error: a logger has a name
  createLogger();
  // @ts-expect-error: the list is changed through configureLogger
  sensitiveKeys.push('iban');
  // @ts-expect-error: no such method
  browser.logger.log('m');
  // @ts-expect-error: an error is not a set of fields
  browser.logger.error('m', err);
  // @ts-expect-error: the message is a text
  browser.logger.info({ user });
}
