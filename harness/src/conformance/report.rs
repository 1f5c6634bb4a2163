//! The findings about a backend.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{Ability, Law};

/// The findings about a backend. They are displayed with one line per law.
#[derive(Clone, Debug, Serialize)]
#[must_use]
pub struct Report {
    /// The backend's label.
    pub backend: String,
    /// The seed of the random inputs.
    pub seed: u64,
    /// The number of random inputs per law.
    pub cases: u32,
    /// What the backend declares that it cannot do.
    pub declared: Vec<String>,
    /// A finding for each law.
    pub laws: Vec<Finding>,
}

/// The verdict on one law.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The law.
    pub law: Law,
    /// Whether the law holds.
    pub verdict: Verdict,
    /// How long the check took, in seconds.
    pub seconds: f64,
}

/// Whether a law holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The law holds in every case that was tried.
    Holds,
    /// The law is broken. The text says how, in the smallest case that was found.
    Broken(String),
    /// The law was not checked, because the backend declares that it lacks this ability.
    Declared(Ability),
    /// The law was not checked, because the backend hung in another one.
    Unjudged,
}

impl Report {
    /// Returns whether every law holds, except those that were not checked because the backend lacks an ability.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.laws.iter().all(|finding| matches!(finding.verdict, Verdict::Holds | Verdict::Declared(_)))
    }

    /// Returns the laws that are broken.
    pub fn broken(&self) -> impl Iterator<Item = Law> {
        self.laws.iter().filter(|finding| matches!(finding.verdict, Verdict::Broken(_))).map(|finding| finding.law)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (seed {}, {} cases per law", self.backend, self.seed, self.cases)?;
        self.declared.iter().try_for_each(|limit| write!(f, ", declares {limit}"))?;
        write!(f, ")")?;
        self.laws.iter().try_for_each(|finding| write!(f, "\n{finding}"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, verdict, seconds } = self;
        match verdict {
            Verdict::Holds => write!(f, "  ✓ {law:<16} {} ({seconds:.2} s)", law.statement()),
            Verdict::Broken(why) => write!(f, "  ✗ {law:<16} {why}"),
            Verdict::Declared(what) => write!(f, "  - {law:<16} not checked: the backend declares no {what}"),
            Verdict::Unjudged => write!(f, "  - {law:<16} not checked: the backend hangs"),
        }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (verdict, detail) = match &self.verdict {
            Verdict::Holds => ("holds", None),
            Verdict::Broken(why) => ("broken", Some(why.clone())),
            Verdict::Declared(ability) => ("declared", Some(format!("no {ability}"))),
            Verdict::Unjudged => ("unjudged", None),
        };
        let mut finding = serializer.serialize_struct("Finding", 5)?;
        finding.serialize_field("law", self.law.name())?;
        finding.serialize_field("statement", self.law.statement())?;
        finding.serialize_field("verdict", verdict)?;
        finding.serialize_field("detail", &detail)?;
        finding.serialize_field("seconds", &self.seconds)?;
        finding.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verdicts: &[Verdict]) -> Report {
        let finding = |(&law, verdict): (&Law, &Verdict)| Finding { law, verdict: verdict.clone(), seconds: 0.5 };
        let laws = Law::ALL.iter().zip(verdicts).map(finding).collect();
        Report { backend: "mine".into(), seed: 7, cases: 3, declared: vec!["no progress".into()], laws }
    }

    #[test]
    fn one_line_per_law() {
        let verdicts = [Verdict::Holds, Verdict::Broken("it is".into()), Verdict::Declared(Ability::Progress)];
        let report = report(&verdicts);
        assert!(!report.passed());
        assert_eq!(report.broken().collect::<Vec<_>>(), [Law::EachTileOnce]);
        let lines = [
            "mine (seed 7, 3 cases per law, declares no progress)",
            "  ✓ any-workers      1, 2, 3 or 7 workers, and more workers than tiles, give the same answer (0.50 s)",
            "  ✗ each-tile-once   it is",
            "  - fold-order       not checked: the backend declares no progress",
        ];
        assert_eq!(report.to_string(), lines.join("\n"));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!((&json["seed"], &json["declared"][0]), (&7.into(), &"no progress".into()));
        assert_eq!((&json["laws"][1]["verdict"], &json["laws"][1]["detail"]), (&"broken".into(), &"it is".into()));
    }

    #[test]
    fn declared_limits_pass_and_a_hang_does_not() {
        assert!(report(&[Verdict::Holds, Verdict::Declared(Ability::Progress)]).passed());
        assert!(!report(&[Verdict::Holds, Verdict::Unjudged]).passed());
    }
}
