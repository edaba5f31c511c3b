// The meter is the process's: tests that count what it counts run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
