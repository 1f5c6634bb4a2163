//! Partial results: how to combine them, and how to send them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// Values with an associative operation, `combine`, and its identity. The operation need not commute, since backends
/// fold in tile order.
///
/// ```
/// use primelanes_core::Monoid;
/// assert_eq!(Vec::identity().combine(vec![1, 2]).combine(vec![3]), [1, 2, 3]);
/// ```
pub trait Monoid: Sized {
    /// Returns the partial result of no tiles.
    fn identity() -> Self;

    /// Returns the partial result of the tiles of `self`, followed by those of `later`.
    #[must_use]
    fn combine(self, later: Self) -> Self;
}

/// The empty result of kernels that run only for their cost.
impl Monoid for () {
    fn identity() -> Self {}

    fn combine(self, (): Self) -> Self {}
}

/// Sums.
///
/// # Panics
/// `combine` panics if the sum does not fit in 64 bits. A backend reports that as [`Error::Panicked`].
impl Monoid for u64 {
    fn identity() -> Self {
        0
    }

    fn combine(self, later: Self) -> Self {
        self.checked_add(later).expect("the sum of the partial results exceeds 2^64-1")
    }
}

/// Lists, one after the other.
impl<T> Monoid for Vec<T> {
    fn identity() -> Self {
        Self::new()
    }

    fn combine(mut self, mut later: Self) -> Self {
        if self.is_empty() {
            return later;
        }
        self.append(&mut later);
        self
    }
}

/// Two results at once, each combined by its own rule.
impl<A: Monoid, B: Monoid> Monoid for (A, B) {
    fn identity() -> Self {
        (A::identity(), B::identity())
    }

    fn combine(self, later: Self) -> Self {
        (self.0.combine(later.0), self.1.combine(later.1))
    }
}

/// Plain data that can leave the process as bytes and come back equal.
///
/// Every type that serde can serialize and deserialize implements `Wire`, in the [postcard](https://docs.rs/postcard)
/// format. Your own partial result only needs `#[derive(Serialize, Deserialize)]`.
pub trait Wire: Sized {
    /// Encodes the value as bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the type cannot be serialized.
    fn encode(&self) -> Result<Vec<u8>, Error>;

    /// Decodes a value from exactly the bytes that [`encode`](Wire::encode) returned.
    ///
    /// # Errors
    /// [`Error::Malformed`] if there are too few or too many bytes, or if they do not encode such a value.
    fn decode(bytes: &[u8]) -> Result<Self, Error>;
}

impl<T: Serialize + DeserializeOwned> Wire for T {
    fn encode(&self) -> Result<Vec<u8>, Error> {
        postcard::to_stdvec(self).map_err(|error| malformed::<T>(&error.to_string()))
    }

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        match postcard::take_from_bytes(bytes) {
            Ok((value, [])) => Ok(value),
            Ok((_, rest)) => Err(malformed::<T>(&format!("{} bytes too many", rest.len()))),
            Err(error) => Err(malformed::<T>(&error.to_string())),
        }
    }
}

fn malformed<T>(reason: &str) -> Error {
    Error::Malformed { what: std::any::type_name::<T>().into(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_goes_out_comes_back(value: (u64, Vec<u32>)) {
            let bytes = value.encode().unwrap();
            prop_assert_eq!(<(u64, Vec<u32>)>::decode(&bytes), Ok(value));
        }

        #[test]
        fn lists_combine_in_order_and_associate(a: Vec<u8>, b: Vec<u8>, c: Vec<u8>) {
            let left = a.clone().combine(b.clone()).combine(c.clone());
            let right = a.clone().combine(b.clone().combine(c.clone()));
            prop_assert_eq!(&left, &right);
            prop_assert_eq!(left, [a, b, c].concat());
        }
    }

    #[test]
    fn short_and_long_bytes_are_refused() {
        let bytes = 300_u64.encode().unwrap();
        assert!(matches!(u64::decode(&bytes[..1]), Err(Error::Malformed { .. })));
        assert!(matches!(u64::decode(&[bytes, vec![0]].concat()), Err(Error::Malformed { .. })));
    }

    #[test]
    fn pairs_combine_by_their_own_rules() {
        let pair = (1_u64, vec!['a']).combine((2, vec!['b'])).combine(Monoid::identity());
        assert_eq!(pair, (3, vec!['a', 'b']));
    }

    #[test]
    #[should_panic(expected = "exceeds 2^64-1")]
    fn a_sum_never_wraps() {
        let _ = u64::MAX.combine(1);
    }
}
