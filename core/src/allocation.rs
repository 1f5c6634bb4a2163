//! Large allocations. They can fail, and the count then fails with [`Error::OutOfMemory`] while the process lives on.
//!
//! The usual ways to allocate end the process if there is no memory. They are for lists of a few kilobytes only. So that these
//! succeed, a large allocation fails if it leaves no room for them.

use std::hint::black_box;

use bytemuck::Zeroable;
use bytemuck::allocation::try_zeroed_vec;

use crate::Error;
use crate::guard::raise;

/// The room in bytes that a large allocation must leave.
const HEADROOM: usize = 64 << 10;

/// Returns a list of zeros. The system provides its memory when it is first written to.
pub(crate) fn zeroed<T: Zeroable>(what: &'static str, length: usize) -> Vec<T> {
    let list = try_zeroed_vec(length).unwrap_or_else(|()| fail::<T>(what, length));
    leave_headroom(what, list)
}

/// Returns an empty list with room for exactly `length` values.
pub(crate) fn with_capacity<T>(what: &'static str, length: usize) -> Vec<T> {
    let mut list = Vec::new();
    if list.try_reserve_exact(length).is_err() {
        fail::<T>(what, length);
    }
    leave_headroom(what, list)
}

/// Makes room for `more` values in a list that grows.
pub(crate) fn reserve<T>(what: &'static str, list: &mut Vec<T>, more: usize) {
    if list.try_reserve(more).is_err() {
        fail::<T>(what, list.len() + more);
    }
    *list = leave_headroom(what, std::mem::take(list));
}

/// Returns a list of equal values.
pub(crate) fn filled<T: Clone>(what: &'static str, length: usize, value: T) -> Vec<T> {
    let mut list = with_capacity(what, length);
    list.resize(length, value);
    list
}

/// Returns a copy.
pub(crate) fn boxed<T: Clone>(what: &'static str, values: &[T]) -> Box<[T]> {
    let mut list = with_capacity(what, values.len());
    list.extend_from_slice(values);
    list.into_boxed_slice()
}

/// Fails if a large list leaves no room for small allocations, such as that of an error.
fn leave_headroom<T>(what: &'static str, list: Vec<T>) -> Vec<T> {
    let is_large = list.capacity() * size_of::<T>() >= HEADROOM;
    if is_large && black_box(Vec::<u8>::new()).try_reserve_exact(black_box(HEADROOM)).is_err() {
        let length = list.capacity();
        drop(list);
        fail::<T>(what, length);
    }
    list
}

fn fail<T>(what: &'static str, length: usize) -> ! {
    raise(Error::OutOfMemory { what: what.into(), bytes: length as u64 * size_of::<T>() as u64 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard;

    #[test]
    fn lists_have_the_length_and_the_values_that_were_asked_for() {
        assert_eq!(zeroed::<u32>("zeros", 3), [0; 3]);
        assert_eq!(filled("sevens", 3, 7), [7; 3]);
        assert_eq!(*boxed("numbers", &[1, 2, 3]), [1, 2, 3]);
        let empty: Vec<u64> = with_capacity("room", 5);
        assert_eq!((empty.len(), empty.capacity()), (0, 5));
    }

    #[test]
    fn no_memory_is_an_error_that_names_the_bytes() {
        // No machine has that much, and it would not even fit the address space.
        let length = 1 << 60;
        let error = |bytes| Some(Error::OutOfMemory { what: "a list".into(), bytes });
        assert_eq!(guard("test", || Ok(zeroed::<u64>("a list", length))).err(), error(1 << 63));
        assert_eq!(guard("test", || Ok(with_capacity::<u32>("a list", length))).err(), error(1 << 62));
        let mut list = vec![0_u64; 8];
        let grown: Result<(), Error> = guard("test", || {
            reserve("a list", &mut list, length - 8);
            Ok(())
        });
        assert_eq!(grown.err(), error(1 << 63));
        assert_eq!(guard("test", || Ok(filled("a list", length, 1_u16))).err(), error(1 << 61));
    }
}
