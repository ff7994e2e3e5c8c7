//! How long a thread may work at one text.

use std::time::{Duration, Instant};

/// A time to work, which passes only while the thread that it was given to is working: on a machine that others keep busy the
/// same text gets as far as on an idle one. Where the system can't tell, all time counts.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    end: Instant,
    /// Of the thread's own time.
    work: Option<Duration>,
}

impl Patience {
    /// So much, from now on.
    pub fn of(duration: Duration) -> Patience {
        Patience { end: Instant::now() + duration, work: worked().map(|worked| worked + duration) }
    }

    /// Whether it has passed.
    pub fn is_over(&self) -> bool {
        // The time of day costs less to ask for, and until then nobody can have worked so long.
        Instant::now() >= self.end && worked().zip(self.work).is_none_or(|(worked, work)| worked >= work)
    }
}

/// How long this thread has worked so far.
#[cfg(unix)]
fn worked() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

#[cfg(not(unix))]
fn worked() -> Option<Duration> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn it_passes_with_work_and_not_with_waiting() {
        let patience = Patience::of(Duration::from_millis(50));
        std::thread::sleep(Duration::from_millis(60));
        assert!(!patience.is_over());
        // Ends, as this is work.
        while !patience.is_over() {}
        assert!(Patience::of(Duration::ZERO).is_over());
    }
}
