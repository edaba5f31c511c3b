using System.Globalization;
using BenchmarkDotNet.Running;
using Utp.Benchmarks;

// "idle [N]" and "http [ROUNDS [MEBIBYTES]]" measure a whole process and so are none of BenchmarkDotNet's; everything else is. Bulk is `utp bench bulk`.
if (args is ["http", .. var sizes])
    return await HttpDownload.RunAsync(Number(sizes, 0, 5), Number(sizes, 1, 512));
if (args is ["idle", .. var rest])
    return await IdleConnections.RunAsync(rest.Length > 0 ? int.Parse(rest[0], CultureInfo.InvariantCulture) : 10_000);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;

// 0 is no number that any of them takes.
static int Number(string[] arguments, int index, int otherwise) =>
    arguments.Length <= index ? otherwise : int.TryParse(arguments[index], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
