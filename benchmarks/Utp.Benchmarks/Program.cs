using System.Globalization;
using BenchmarkDotNet.Running;
using Utp.Benchmarks;

// "idle [N]" and "bulk [name=value …]" measure whole processes and so are none of BenchmarkDotNet's; everything else is.
if (args is ["idle", .. var rest])
    return await IdleConnections.RunAsync(rest.Length > 0 ? int.Parse(rest[0], CultureInfo.InvariantCulture) : 10_000);
if (args is ["bulk", .. var bulk])
    return await BulkTransfer.RunAsync(bulk);
if (args is ["bulk-read", .. var read])
    return await BulkTransfer.ReadAsync(read);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
