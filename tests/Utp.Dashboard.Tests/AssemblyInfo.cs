// One browser serves all tests, and two cores share the machine with it.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
