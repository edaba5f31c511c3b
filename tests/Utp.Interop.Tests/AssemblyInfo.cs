// A peer that must wait for a processor times out as if its network were bad.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
