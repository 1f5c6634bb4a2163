//! Hints to the data cache.

/// Fetches the cache line of an element that will be written soon. The index may lie beyond the end.
#[inline(always)]
pub(crate) fn prefetch(elements: &[u32], index: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch is only a hint. It has no effect that the program could observe, and it takes any address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(elements.as_ptr().wrapping_add(index).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (elements, index);
}
