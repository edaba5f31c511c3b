using System.CommandLine;
using System.Globalization;
using Utp.Links.Hostile;

namespace Utp.Links.Commands;

/// <summary><c>attack</c>, hidden: one attack, on the host that runs it. It ends with its time, or with its standard input.</summary>
internal static class AttackCommand
{
    private const string Name = "attack";

    public static Command Create()
    {
        var values = new Argument<string[]>("ATTACK") { Arity = new ArgumentArity(6, 6) };
        var command = new Command(Name, "What a measurement does to its victim.") { values };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var v = parsed.GetValue(values)!;
            var attack = new Attack(
                Enum.Parse<AttackKind>(v[0]), v[1], int.Parse(v[2], CultureInfo.InvariantCulture), v[3], double.Parse(v[4], CultureInfo.InvariantCulture),
                TimeSpan.FromSeconds(double.Parse(v[5], CultureInfo.InvariantCulture)));
            using var stop = new CancellationTokenSource();
            new Thread(() =>
            {
                while (Console.In.Read() >= 0)
                {
                }

                stop.Cancel();
            })
            { IsBackground = true }.Start();
            attack.Run(Console.Out, stop.Token);

            // The thread above waits for the input's end.
            Console.Out.Flush();
            Environment.Exit(0);
        });
        return command;
    }

    /// <summary>The attack as arguments.</summary>
    public static string[] ArgumentsOf(Attack attack) =>
    [
        attack.Kind.ToString(), attack.Victim, attack.Port.ToString(CultureInfo.InvariantCulture), attack.User,
        attack.PerSecond.ToString(CultureInfo.InvariantCulture), attack.Duration.TotalSeconds.ToString(CultureInfo.InvariantCulture),
    ];
}
