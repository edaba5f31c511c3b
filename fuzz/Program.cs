using System.Globalization;
using SharpFuzz;
using Utp.Fuzz;

// fuzz/README.md says how this is used.
if (args.Length == 0 || !Targets.All.TryGetValue(args[0], out var target))
{
    Console.Error.WriteLine($"Name a target: {string.Join(", ", Targets.All.Keys)}. fuzz/README.md says how.");
    return 2;
}

var corpus = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "corpus", args[0] + ".txt")).Select(static line => line.Split(' ')).ToDictionary(static words => words[0], static words => Convert.FromHexString(words[1]));
switch (args)
{
    case [_, "--random", var seconds, ..]:
        return Mutations.Run(target, TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)), args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 1, [.. corpus.Values]);
    case [_, "--unpack", var folder]:
        Directory.CreateDirectory(folder);
        foreach (var (name, bytes) in corpus)
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
        return 0;
    case [_, "--replay", var file]:
        target(File.ReadAllBytes(file));
        return 0;
}

Fuzzer.Run(stream =>
{
    using var memory = new MemoryStream();
    stream.CopyTo(memory);
    target(memory.ToArray());
});
return 0;
