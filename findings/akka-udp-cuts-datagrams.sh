#!/usr/bin/env bash
# Akka.IO's UDP hands over the first 512 bytes of each datagram and says nothing of the rest.
#
# Package:  NuGet Akka 1.5.74, with its own settings.
# Expected: a datagram arrives whole, as from any UDP socket with a buffer of usual size, or is refused with an error.
# Seen:     buffers are 512 bytes long, and what a datagram has beyond is gone. Udp.Received has no mark of it, nothing is logged, CommandFailed does not come. A uTP packet of the usual
#           1,400 bytes parses well, and its stream loses 888 bytes.
# Matters:  whoever builds a datagram protocol upon Akka.IO, or sends one beside it, tests with short messages and loses data with long ones.
# Ours:     utp.channel = akka-io starts Akka.IO's UDP with buffers of a whole datagram, or says what to set when it was started before: src/Utp.Actors/Channels/AkkaIo/AkkaIoUdp.cs,
#           tests/Utp.Actors.Tests/Channels/AkkaIoTransferTests.cs. The other channels do not use it.
source "$(dirname "$0")/support/packages.bash"
need dotnet

cat >"$work/Probe.csproj" <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <NuGetAudit>false</NuGetAudit>
    <UseAppHost>false</UseAppHost>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Akka" Version="[1.5.74]" />
  </ItemGroup>
</Project>
PROJECT
cat >"$work/Probe.cs" <<'CSHARP'
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Akka.IO;

var heard = new BlockingCollection<object>();
object Next() => heard.TryTake(out var message, 30_000) ? message : throw new TimeoutException("Akka.IO said nothing.");

using var system = ActorSystem.Create("probe", "akka { loglevel = WARNING, stdout-loglevel = OFF, loggers = [] }");
Console.WriteLine($"Akka {typeof(ActorSystem).Assembly.GetName().Version!.ToString(3)}");
var handler = system.ActorOf(Props.Create(() => new Listener(heard)));
system.EventStream.Subscribe(handler, typeof(LogEvent));
system.Udp().Tell(new Udp.Bind(handler, new IPEndPoint(IPAddress.Loopback, 0)), handler);
var port = (IPEndPoint)((Udp.Bound)Next()).LocalAddress;

using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
var asSeen = true;
foreach (var (sent, expected) in new[] { (1, 1), (512, 512), (513, 512), (1_400, 512), (65_507, 512) })
{
    sender.SendTo(Enumerable.Range(0, sent).Select(i => (byte)i).ToArray(), port);
    var message = Next();
    var arrived = message is Udp.Received { Data: var data } ? data.Count : -1;
    asSeen &= arrived == expected;
    Console.WriteLine($"{(arrived == expected ? "seen:   " : "CHANGED:")} {sent} bytes sent, {message.GetType().Name} of {arrived} bytes");
}

var isQuiet = !heard.TryTake(out var more, 500);
asSeen &= isQuiet;
Console.WriteLine(isQuiet ? "seen:    no warning is logged, and nothing else is told" : $"CHANGED: {more}");
await system.Terminate();
return asSeen ? 0 : 1;

class Listener : ReceiveActor
{
    public Listener(BlockingCollection<object> heard) => ReceiveAny(heard.Add);
}
CSHARP

export DOTNET_CLI_HOME="$work" DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
unset LD_LIBRARY_PATH
dotnet build "$work/Probe.csproj" -c Release -o "$work/out" -v quiet --disable-build-servers >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 2; }
dotnet "$work/out/Probe.dll"
