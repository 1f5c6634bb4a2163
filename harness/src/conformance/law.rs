//! The laws, with their names and statements.

use std::fmt;
use std::str::FromStr;

use primelanes_backends::Error;

use super::Ability;

/// A law that every backend must obey. [`Law::statement`] says what it requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each has a statement")]
pub enum Law {
    AnyWorkers,
    EachTileOnce,
    FoldOrder,
    AnyCut,
    NoTiles,
    OneScratch,
    AtMostWorkers,
    Agreement,
    Seams,
    Additivity,
    NthPrime,
    List,
    Reuse,
    CountsAtOnce,
    InsideRayon,
    CancelBefore,
    CancelDuring,
    CancelAfter,
    CancelLatency,
    Progress,
    ObserverEnds,
    Recording,
    TilePanics,
    ScratchPanics,
    ObserverPanics,
}

impl Law {
    /// All laws, the simplest first.
    pub const ALL: [Self; 25] = [
        Self::AnyWorkers,
        Self::EachTileOnce,
        Self::FoldOrder,
        Self::AnyCut,
        Self::NoTiles,
        Self::OneScratch,
        Self::AtMostWorkers,
        Self::Agreement,
        Self::Seams,
        Self::Additivity,
        Self::NthPrime,
        Self::List,
        Self::Reuse,
        Self::CountsAtOnce,
        Self::InsideRayon,
        Self::CancelBefore,
        Self::CancelDuring,
        Self::CancelAfter,
        Self::CancelLatency,
        Self::Progress,
        Self::ObserverEnds,
        Self::Recording,
        Self::TilePanics,
        Self::ScratchPanics,
        Self::ObserverPanics,
    ];

    /// Returns the name of the law in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.text().0
    }

    /// Returns what the law requires, in one line.
    #[must_use]
    pub const fn statement(self) -> &'static str {
        self.text().1
    }

    const fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::AnyWorkers => {
                ("any-workers", "1, 2, 3 or 7 workers, and more workers than tiles, give the same answer")
            }
            Self::EachTileOnce => ("each-tile-once", "every tile runs exactly once"),
            Self::FoldOrder => ("fold-order", "partial results are combined in tile order, whichever is ready first"),
            Self::AnyCut => ("any-cut", "neighbouring runs fold to the same as the whole, wherever it is cut"),
            Self::NoTiles => ("no-tiles", "an empty run gives the identity, and an empty range has no primes"),
            Self::OneScratch => ("one-scratch", "a worker has one scratch, for runs no shorter than the grain"),
            Self::AtMostWorkers => ("at-most-workers", "no more tiles run at once than there are workers"),
            Self::Agreement => ("agreement", "counts of random ranges equal the oracle's"),
            Self::Seams => ("seams", "counts at squares of primes, powers of two and segment ends equal the oracle's"),
            Self::Additivity => ("additivity", "counts of neighbouring ranges add up"),
            Self::NthPrime => ("nth-prime", "nth primes for random n equal the oracle's"),
            Self::List => ("list", "lists of random ranges equal the oracle's, and can be ended early"),
            Self::Reuse => ("reuse", "an instance answers each question independently of the ones before"),
            Self::CountsAtOnce => ("counts-at-once", "several threads can count on one instance at the same time"),
            Self::InsideRayon => ("inside-rayon", "a count from inside a rayon worker finishes"),
            Self::CancelBefore => ("cancel-before", "if cancelled beforehand, no tile runs"),
            Self::CancelDuring => ("cancel-during", "if cancelled meanwhile, a count ends as cancelled"),
            Self::CancelAfter => ("cancel-after", "if cancelled after its last tile, a count is still returned"),
            Self::CancelLatency => ("cancel-latency", "once cancelled, no worker continues past its next pulse"),
            Self::Progress => ("progress", "progress never shrinks, and ends at the total"),
            Self::ObserverEnds => ("observer-ends", "an observer is called while a tile works, and can end the count"),
            Self::Recording => ("recording", "a recorder receives nothing, or each tile once with its own result"),
            Self::TilePanics => ("tile-panics", "a panic in a tile becomes the error, and the backend stays usable"),
            Self::ScratchPanics => {
                ("scratch-panics", "a panic in a scratch constructor becomes the error, and the backend stays usable")
            }
            Self::ObserverPanics => {
                ("observer-panics", "a panic in a progress observer becomes the error, and the backend stays usable")
            }
        }
    }

    /// Returns the abilities without which the law does not apply.
    #[must_use]
    pub const fn needs(self) -> &'static [Ability] {
        match self {
            Self::CancelBefore | Self::CancelDuring => &[Ability::Cancellation],
            Self::CancelAfter | Self::ObserverEnds => &[Ability::Cancellation, Ability::Progress],
            Self::CancelLatency => &[Ability::Cancellation, Ability::SharedMemory],
            Self::Progress | Self::ObserverPanics => &[Ability::Progress],
            Self::AtMostWorkers => &[Ability::SharedMemory],
            Self::InsideRayon => &[Ability::Nesting],
            _ => &[],
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Law {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|law| law.name() == name).ok_or_else(|| Error::UnknownName {
            what: "law".into(),
            given: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_law_is_listed_once_under_its_own_name() {
        let laws: HashSet<_> = Law::ALL.into_iter().collect();
        let names: HashSet<_> = Law::ALL.map(Law::name).into_iter().collect();
        assert_eq!((laws.len(), names.len()), (Law::ALL.len(), Law::ALL.len()));
        assert_eq!(format!("{:<16}|", Law::NoTiles), "no-tiles        |");
        assert!(Law::ALL.iter().all(|law| law.statement().len() <= 80));
        assert!(Law::ALL.iter().all(|law| law.name().parse() == Ok(*law)));
        let error = "any".parse::<Law>().unwrap_err().to_string();
        assert!(error.starts_with("unknown law 'any': expected one of any-workers, each-tile-once, "), "{error}");
    }
}
