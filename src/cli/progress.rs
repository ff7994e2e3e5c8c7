//! The bar on stderr, for runs that turn out long.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::Terminal;

/// How long a run takes before its progress is shown.
const QUIET_START: Duration = Duration::from_millis(700);

/// How far a run is. The bar is there from the first file that is done after the quiet start, if somebody watches.
pub struct Progress {
    started: Instant,
    files: u64,
    done: AtomicU64,
    bar: OnceLock<ProgressBar>,
    is_watched: bool,
    unicode: bool,
}

impl Progress {
    /// The progress of a run over so many files.
    pub fn new(terminal: &Terminal, files: usize) -> Progress {
        Progress {
            started: Instant::now(),
            files: files as u64,
            done: AtomicU64::new(0),
            bar: OnceLock::new(),
            is_watched: terminal.is_watched,
            unicode: terminal.stderr.unicode,
        }
    }

    /// One more file is done. Any thread may say so.
    pub fn tick(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.is_watched && self.started.elapsed() >= QUIET_START {
            self.bar.get_or_init(|| self.draw()).set_position(done);
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }

    fn draw(&self) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(self.files), ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files").expect("the template is sound");
        bar.set_style(if self.unicode { style } else { style.progress_chars("#>.") });
        bar
    }
}
