using System.CommandLine;
using Utp.Links.Agents;
using Utp.Links.Commands;

var root = new RootCommand("Real links between two network namespaces, and what uTP and kernel TCP make of them. Needs root and Linux.")
{
    RouterCommand.Create(),
    SelfCommand.Create(),
    MatrixCommand.Create(),
    ProfilesCommand.Create(),
    BesideCommand.Create(),
    ShallowCommand.Create(),
    MtuCommand.Create(),
    HostileCommand.Create(),
    RemoteCommand.Create(),
};
var agent = new Command("agent", "One end of a measurement: does what its standard input says.") { Hidden = true };
agent.SetAction(static _ => AgentProgram.RunAsync(Console.In, Console.Out));
root.Add(agent);
root.Add(AttackCommand.Create());
return await root.Parse(args).InvokeAsync();
