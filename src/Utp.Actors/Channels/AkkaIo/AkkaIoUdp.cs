using Akka.Actor;
using Akka.Configuration;
using Akka.IO;

namespace Utp.Actors;

/// <summary>Starts Akka.IO's UDP with buffers that hold a whole datagram: its default of 512 bytes cuts each one that is longer.</summary>
internal static class AkkaIoUdp
{
    private const string PoolPath = "akka.io.udp.utp-buffer-pool";
    private const int LargestDatagram = 65_536;

    /// <summary>The manager that takes <see cref="Udp.Bind"/>.</summary>
    /// <exception cref="ArgumentException">Akka.IO's UDP was started before, with buffers that are too small.</exception>
    public static IActorRef Manager(ActorSystem system)
    {
        var extension = (UdpExt)system.RegisterExtension(Provider.Instance);
        if (extension is not WholeDatagramUdp && BufferSize(system.Settings.Config) < LargestDatagram)
        {
            throw new ArgumentException(
                $"Akka.IO's UDP was started before uTP, with buffers that cut datagrams: set akka.io.udp.disabled-buffer-pool.buffer-size = {LargestDatagram}, or start uTP first.");
        }

        return extension.Manager;
    }

    private static int BufferSize(Config config) =>
        config.GetInt(config.GetString("akka.io.udp.buffer-pool") + ".buffer-size");

    private sealed class WholeDatagramUdp(ExtendedActorSystem system, UdpSettings settings) : UdpExt(system, settings);

    private sealed class Provider : ExtensionIdProvider<UdpExt>
    {
        public static readonly Provider Instance = new();

        public override UdpExt CreateExtension(ExtendedActorSystem system)
        {
            system.Settings.InjectTopLevelFallback(ConfigurationFactory.ParseString(
                $"{PoolPath} {{ class = \"Akka.IO.Buffers.DisabledBufferPool, Akka\", buffer-size = {LargestDatagram} }}"));
            var configured = UdpSettings.Create(system);
            return new WholeDatagramUdp(system, new UdpSettings(
                PoolPath, configured.TraceLogging, configured.InitialSocketAsyncEventArgs, configured.BatchReceiveLimit,
                configured.ManagementDispatcher, configured.FileIODispatcher));
        }
    }
}
