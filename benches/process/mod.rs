//! What a whole process takes.

// Each bench uses a part of it.
#![allow(dead_code)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one run of a command took.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// From its start to its end.
    pub time: Duration,
    /// The most memory that it held, in kilobytes; 0 where the system doesn't say.
    pub memory: u64,
    /// How many cores it kept busy over all of its time; 0 where the system doesn't say.
    pub cores: f64,
}

/// Runs a command to its end, whatever its status: linters fail where they find something.
pub fn cost(command: &[String]) -> Cost {
    let start = Instant::now();
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let proc = PathBuf::from(format!("/proc/{}", child.id()));
    let (mut memory, mut busy) = (0, Duration::ZERO);
    loop {
        // The kernel keeps both; what is read last, shortly before the end, is near what it was at the end.
        memory = peak_memory(&proc).unwrap_or(memory).max(memory);
        busy = busy_time(&proc).unwrap_or(busy).max(busy);
        if let Some(ended) = child.try_wait().unwrap() {
            assert!(ended.code().is_some(), "{command:?} was killed");
            let time = start.elapsed();
            return Cost { time, memory, cores: busy.as_secs_f64() / time.as_secs_f64() };
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}

fn peak_memory(proc: &std::path::Path) -> Option<u64> {
    let status = fs::read_to_string(proc.join("status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}

/// The time that its threads ran, in the kernel and outside: the fields 14 and 15 of `stat`, in hundredths of a second.
fn busy_time(proc: &std::path::Path) -> Option<Duration> {
    let stat = fs::read_to_string(proc.join("stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks(11)? + ticks(12)?)))
}

/// The median; `None` of nothing.
pub fn median(mut ratios: Vec<f64>) -> Option<f64> {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied()
}
