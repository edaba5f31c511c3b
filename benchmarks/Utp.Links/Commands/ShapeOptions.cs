using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Utp.Simulation;

namespace Utp.Links.Commands;

/// <summary>The options that say what a link is like; one value each.</summary>
internal sealed class ShapeOptions
{
    private const long DefaultQueue = 256_000;

    public Option<double> Rate { get; } = new("--rate") { Description = "Mbit/s of IP; 0: no limit.", HelpName = "MBIT" };

    public Option<double> BackRate { get; } = new("--back-rate") { Description = "Mbit/s of the way back; the same if not said.", HelpName = "MBIT" };

    public Option<double> Delay { get; } = new("--delay") { Description = "One-way delay, ms.", HelpName = "MS", DefaultValueFactory = _ => 20 };

    public Option<double> BackDelay { get; } = new("--back-delay") { Description = "Of the way back; the same if not said.", HelpName = "MS" };

    public Option<long> Queue { get; } = new("--queue") { Description = "IP bytes that wait at most, with a rate.", HelpName = "BYTES", DefaultValueFactory = _ => DefaultQueue };

    public Option<int> Packets { get; } = new("--packets") { Description = "Packets that wait at most.", HelpName = "N", DefaultValueFactory = _ => int.MaxValue };

    public Option<double> Loss { get; } = new("--loss") { Description = "Lost, percent.", HelpName = "PERCENT" };

    public Option<double> BurstLoss { get; } = new("--burst-loss") { Description = "Lost in bursts of 5 packets, percent.", HelpName = "PERCENT" };

    public Option<double> Reorder { get; } = new("--reorder") { Description = "Reordered, by 10 to 30 ms, percent.", HelpName = "PERCENT" };

    public Option<double> Duplicate { get; } = new("--dup") { Description = "Duplicated, percent.", HelpName = "PERCENT" };

    public Option<double> Policer { get; } = new("--policer") { Description = "Mbit/s of a token bucket of 16 kB without a queue; 0: none.", HelpName = "MBIT" };

    public Option<int> Mtu { get; } = new("--path-mtu") { Description = "Bytes of an IP packet that passes the router; 0: any.", HelpName = "BYTES" };

    public Option<bool> Icmp { get; } = new("--icmp") { Description = "The router tells of packets that are too large." };

    public Option<bool> OneWay { get; } = new("--one-way") { Description = "Loss, reordering, duplicates, policer and path MTU from left to right only." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Rate, BackRate, Delay, BackDelay, Queue, Packets, Loss, BurstLoss, Reorder, Duplicate, Policer, Mtu, Icmp, OneWay })
            command.Add(option);
    }

    public (LinkShape Forth, LinkShape Back) Read(ParseResult parsed)
    {
        var (rate, delay) = (parsed.GetValue(Rate), parsed.GetValue(Delay));
        var backRate = parsed.GetResult(BackRate) is { Implicit: false } ? parsed.GetValue(BackRate) : rate;
        var backDelay = parsed.GetResult(BackDelay) is { Implicit: false } ? parsed.GetValue(BackDelay) : delay;
        var cell = new Cell(parsed.GetValue(Loss), parsed.GetValue(Reorder), parsed.GetValue(Duplicate), rate);
        var forth = Shape(parsed, cell, delay);
        var back = Shape(parsed, cell with { Megabits = backRate }, backDelay);
        return (forth, parsed.GetValue(OneWay) ? Plain(back) : back);
    }

    /// <summary>A link with the figures of a cell, and the other options as they were given.</summary>
    public LinkShape Shape(ParseResult parsed, Cell cell, double delayMillis)
    {
        const int BurstPackets = 5;
        const int BucketBytes = 16_000;
        const int Million = 1_000_000;
        var burst = parsed.GetValue(BurstLoss);
        var policer = parsed.GetValue(Policer);
        var shape = LinkShape.Of(delayMillis, cell.Megabits, parsed.GetValue(Queue));
        return shape with
        {
            QueuePackets = parsed.GetValue(Packets),
            ReorderLeastMicros = 10_000,
            Options = shape.Options with
            {
                Loss = Ratio.Percent(cell.LossPercent),
                BurstLoss = burst > 0 ? new BurstLossOptions(Ratio.Percent(burst / BurstPackets), Ratio.Percent(100.0 / BurstPackets), Ratio.Always) : null,
                Reordering = Ratio.Percent(cell.ReorderPercent),
                ReorderDelayMicros = 20_000,
                Duplication = Ratio.Percent(cell.DuplicatePercent),
                Policer = policer > 0 ? new PolicerOptions((long)(policer * Million / 8), BucketBytes) : null,
                MtuBytes = parsed.GetValue(Mtu),
                ReportsMtu = parsed.GetValue(Icmp),
            },
        };
    }

    /// <summary>The same delay, rate and queue, without faults.</summary>
    public static LinkShape Plain(LinkShape shape) => new(new LinkOptions
    {
        LatencyMicros = shape.Options.LatencyMicros,
        RateBytesPerSecond = shape.Options.RateBytesPerSecond,
        QueueBytes = shape.Options.QueueBytes,
    })
    { QueuePackets = shape.QueuePackets };

    /// <summary>Numbers with commas between them.</summary>
    public static Option<double[]> Numbers(string name, string description, string help, params double[] otherwise) => new(name)
    {
        Description = description,
        HelpName = help,
        DefaultValueFactory = _ => otherwise,
        CustomParser = Parse,
    };

    /// <summary>Bytes, also as 5MB or 64kB (decimal).</summary>
    public static Option<long> Size(string name, string description, long otherwise) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        DefaultValueFactory = _ => otherwise,
        CustomParser = static result =>
        {
            var text = result.Tokens[0].Value;
            var (digits, factor) = text.EndsWith("MB", StringComparison.OrdinalIgnoreCase) ? (text[..^2], 1_000_000)
                : text.EndsWith("kB", StringComparison.OrdinalIgnoreCase) ? (text[..^2], 1_000) : (text, 1);
            if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
                return number * factor;
            result.AddError($"'{text}' is no size: write 5MB, 64kB or plain bytes.");
            return 0;
        },
    };

    private static double[] Parse(ArgumentResult result)
    {
        var numbers = new List<double>();
        foreach (var part in result.Tokens[0].Value.Split(','))
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || number < 0)
            {
                result.AddError($"'{part}' is no number: write some with commas between them, as 1,2,5.");
                return [];
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }
}

/// <summary>One cell of a matrix.</summary>
/// <param name="LossPercent">Lost.</param>
/// <param name="ReorderPercent">Reordered by 10 to 30 ms.</param>
/// <param name="DuplicatePercent">Duplicated.</param>
/// <param name="Megabits">Of IP per second; 0: no limit.</param>
internal readonly record struct Cell(double LossPercent, double ReorderPercent, double DuplicatePercent, double Megabits);
