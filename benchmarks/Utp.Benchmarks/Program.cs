using System.Globalization;
using BenchmarkDotNet.Running;
using Utp.Benchmarks;

// "idle [N]" measures a whole process and so is none of BenchmarkDotNet's; everything else is. Bulk is `utp bench bulk`.
if (args is ["idle", .. var rest])
    return await IdleConnections.RunAsync(rest.Length > 0 ? int.Parse(rest[0], CultureInfo.InvariantCulture) : 10_000);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
