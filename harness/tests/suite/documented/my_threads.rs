struct MyThreads(NonZeroUsize);

impl Backend for MyThreads {
    fn label(&self) -> &str { "my-threads" }
    fn workers(&self) -> NonZeroUsize { self.0 }
    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>)
        -> Result<K::Partial, Error>
    {
        let watch = control.watch(kernel, &tiles);
        let ledger = Ledger::new(tiles, self.workers(), kernel.grain());
        std::thread::scope(|scope| {
            for _ in 0..ledger.threads() {
                scope.spawn(|| ledger.work(kernel, &watch, &watch));
            }
        });
        ledger.finish(&watch)
    }
}
