//! Background jobs: work that takes time, and whose progress and result somebody asks for.

use std::collections::VecDeque;

use serde::Serialize;

use crate::wire::{ClientNo, ExchangeNo, Micros};

/// How many jobs may run at once in a lab.
pub const AT_ONCE: usize = 8;

/// How many jobs a lab remembers, running and finished.
const KEPT: usize = 64;

/// The progress of a job changes in steps of this many percent.
const STEP: u8 = 5;

/// The jobs of a run.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    jobs: VecDeque<Job>,
    last: u32,
}

/// One job.
#[derive(Clone, Debug)]
struct Job {
    no: u32,
    /// The request that started it: a request that the browser sends again starts no second job.
    by: Option<(ClientNo, ExchangeNo)>,
    started: Micros,
    takes: Micros,
    percent: u8,
    result: Report,
}

/// What a job works out: the summary of all districts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Districts counted.
    pub districts: u8,
    /// Cases in all of them.
    pub cases: u32,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The job's number in this run, from 1.
    pub job: u32,
    /// Share done, 0 to 100.
    pub percent: u8,
    /// The result, once it is finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Report>,
}

/// Whether a request to start a job started one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It did: the job's number.
    New(u32),
    /// The same request had started this job before.
    Again(u32),
}

impl Jobs {
    /// Starts a job at `now` that takes this many microseconds, or nothing if [`AT_ONCE`] are running.
    pub fn start(
        &mut self,
        now: Micros,
        takes: Micros,
        by: Option<(ClientNo, ExchangeNo)>,
        result: Report,
    ) -> Option<Start> {
        if by.is_some()
            && let Some(job) = self.jobs.iter().find(|job| job.by == by)
        {
            return Some(Start::Again(job.no));
        }
        if self.jobs.iter().filter(|job| job.percent < 100).count() >= AT_ONCE {
            return None;
        }
        if self.jobs.len() == KEPT {
            let oldest = self.jobs.iter().position(|job| job.percent == 100)?;
            self.jobs.remove(oldest);
        }
        self.last += 1;
        self.jobs.push_back(Job { no: self.last, by, started: now, takes: takes.max(1), percent: 0, result });
        Some(Start::New(self.last))
    }

    /// How far a job is, if there is such a job.
    pub fn progress(&self, no: u32) -> Option<Progress> {
        self.jobs.iter().find(|job| job.no == no).map(Job::progress)
    }

    /// How far the jobs are that are remembered, oldest first.
    pub fn all(&self) -> impl Iterator<Item = Progress> {
        self.jobs.iter().map(Job::progress)
    }

    /// When the next job changes its progress.
    pub fn next(&self) -> Option<Micros> {
        self.jobs.iter().filter(|job| job.percent < 100).map(|job| job.reaches(job.percent + STEP)).min()
    }

    /// Brings all jobs up to `now`, and gives the number and the new progress of those that changed.
    pub fn advance(&mut self, now: Micros) -> Vec<(u32, u8)> {
        let mut changed = Vec::new();
        for job in &mut self.jobs {
            let before = job.percent;
            while job.percent < 100 && job.reaches(job.percent + STEP) <= now {
                job.percent += STEP;
            }
            if job.percent != before {
                changed.push((job.no, job.percent));
            }
        }
        changed
    }
}

impl Job {
    fn progress(&self) -> Progress {
        Progress { job: self.no, percent: self.percent, result: (self.percent == 100).then_some(self.result) }
    }

    /// When it reaches this share.
    fn reaches(&self, percent: u8) -> Micros {
        self.started + self.takes * Micros::from(percent) / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: Report = Report { districts: 12, cases: 345 };

    #[test]
    fn a_job_goes_from_nothing_to_its_result() {
        let mut jobs = Jobs::default();
        assert_eq!(jobs.next(), None);
        assert_eq!(jobs.start(1000, 8_000_000, None, REPORT), Some(Start::New(1)));
        assert_eq!(jobs.progress(1), Some(Progress { job: 1, percent: 0, result: None }));
        assert_eq!(jobs.next(), Some(401_000));
        assert_eq!(jobs.advance(400_999), []);
        assert_eq!(jobs.advance(3_300_000), [(1, 40)]);
        assert_eq!(jobs.progress(1).unwrap().percent, 40);
        assert_eq!(jobs.advance(8_001_000), [(1, 100)]);
        assert_eq!(jobs.progress(1).unwrap().result, Some(REPORT));
        assert_eq!((jobs.next(), jobs.progress(2)), (None, None));
    }

    #[test]
    fn only_so_many_at_once_and_only_so_many_remembered() {
        let mut jobs = Jobs::default();
        for no in 1..=AT_ONCE as u32 {
            assert_eq!(jobs.start(0, 1000, None, REPORT), Some(Start::New(no)));
        }
        assert_eq!(jobs.start(0, 1000, None, REPORT), None);
        for round in 1..=50 {
            jobs.advance(round * 1000);
            jobs.start(round * 1000, 1000, None, REPORT).unwrap();
        }
        assert_eq!(jobs.jobs.len(), 50 + AT_ONCE);
        for round in 51..=100 {
            jobs.advance(round * 1000);
            jobs.start(round * 1000, 1000, None, REPORT).unwrap();
        }
        assert_eq!(jobs.jobs.len(), KEPT);
        assert_eq!(jobs.progress(1), None);
    }

    #[test]
    fn a_request_that_came_twice_starts_one_job() {
        let mut jobs = Jobs::default();
        assert_eq!(jobs.start(0, 1000, Some((1, 4)), REPORT), Some(Start::New(1)));
        assert_eq!(jobs.start(5, 1000, Some((1, 4)), REPORT), Some(Start::Again(1)));
        assert_eq!(jobs.start(5, 1000, Some((1, 5)), REPORT), Some(Start::New(2)));
    }
}
