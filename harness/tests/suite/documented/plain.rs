struct Plain;

impl Backend for Plain {
    fn label(&self) -> &str { "plain" }
    fn workers(&self) -> NonZeroUsize { NonZeroUsize::MIN }
    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>)
        -> Result<K::Partial, Error>
    {
        let watch = control.watch(kernel, &tiles);
        let fold = || watch.fold_tiles(kernel, tiles, &mut kernel.scratch(), &watch);
        let folded = guard(kernel.phase(), fold)?;
        watch.finish().map(|()| folded)
    }
}
