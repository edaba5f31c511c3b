using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor.Setup;
using Akka.Configuration;

namespace Utp.Remote;

/// <summary>
/// Certificate, and what is taken from peers, by code instead of <c>ssl {}</c> in the transport's section: <c>ActorSystem.Create(name, BootstrapSetup.Create().And(new UtpRemoteTlsSetup(…)))</c>.
/// <c>enable-ssl</c> stays with the configuration.
/// </summary>
/// <param name="certificate">This node's, with its private key; the actor system does not dispose of it.</param>
/// <param name="validate">Decides about a peer's certificate, in place of all other checks; called on any thread. Null: <c>ssl {}</c> decides.</param>
public sealed class UtpRemoteTlsSetup(X509Certificate2 certificate, RemoteCertificateValidationCallback? validate = null) : Setup
{
    /// <summary>This node's certificate.</summary>
    public X509Certificate2 Certificate { get; } = certificate;

    /// <summary>Decides about a peer's.</summary>
    public RemoteCertificateValidationCallback? Validate { get; } = validate;
}

/// <summary>TLS of the transport, from its section and <see cref="UtpRemoteTlsSetup"/>.</summary>
internal sealed class TlsSettings
{
    private readonly bool _suppressValidation;
    private readonly bool _requireMutual;
    private readonly bool _validateHostname;
    private readonly RemoteCertificateValidationCallback? _validate;

    private TlsSettings(SectionReader read, UtpRemoteTlsSetup? setup)
    {
        _suppressValidation = read.Switch("ssl.suppress-validation");
        _requireMutual = read.Switch("ssl.require-mutual-authentication");
        _validateHostname = read.Switch("ssl.validate-certificate-hostname");
        _validate = setup?.Validate;
        Certificate = setup?.Certificate ?? Load(read);
        if (!Certificate.HasPrivateKey)
            throw new ConfigurationException($"The certificate {Certificate.Subject} of Utp.Remote.UtpTransport has no private key: TLS needs one with its key, as a PKCS #12 file (.pfx) or from a store has it.");
    }

    public X509Certificate2 Certificate { get; }

    /// <exception cref="ConfigurationException">There is no usable certificate; the message says why.</exception>
    public static TlsSettings Create(SectionReader read, UtpRemoteTlsSetup? setup) => new(read, setup);

    /// <summary>For the node that opens a lane.</summary>
    /// <param name="host">As the peer's address names it.</param>
    public SslClientAuthenticationOptions Client(string host) => new()
    {
        TargetHost = host,
        ClientCertificates = [Certificate],
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
            Accepts(sender, certificate, chain, _validateHostname ? errors : errors & ~SslPolicyErrors.RemoteCertificateNameMismatch),
    };

    /// <summary>For the node that accepts one.</summary>
    public SslServerAuthenticationOptions Server() => new()
    {
        ServerCertificate = Certificate,
        ClientCertificateRequired = _requireMutual,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
            !_requireMutual || Accepts(sender, certificate, chain, errors & ~SslPolicyErrors.RemoteCertificateNameMismatch),
    };

    private bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_validate is not null)
            return _validate(sender, certificate, chain, errors);
        return errors == SslPolicyErrors.None || (_suppressValidation && certificate is not null);
    }

    private static X509Certificate2 Load(SectionReader read)
    {
        try
        {
            return read.Switch("ssl.certificate.use-thumbprint-over-file") ? FromStore(read) : FromFile(read);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConfigurationException($"The certificate of Utp.Remote.UtpTransport (ssl.certificate) cannot be used: {e.Message}", e);
        }
    }

    private static X509Certificate2 FromFile(SectionReader read)
    {
        var path = read.Text("ssl.certificate.path");
        if (path.Length == 0)
            throw new ConfigurationException("enable-ssl is on, and ssl.certificate.path of Utp.Remote.UtpTransport is empty: name a PKCS #12 file (.pfx), use a store, or give a UtpRemoteTlsSetup.");
        var flags = read.Texts("ssl.certificate.flags").Aggregate(X509KeyStorageFlags.DefaultKeySet, static (all, flag) => all | flag switch
        {
            "default-key-set" => X509KeyStorageFlags.DefaultKeySet,
            "exportable" => X509KeyStorageFlags.Exportable,
            "machine-key-set" => X509KeyStorageFlags.MachineKeySet,
            "persist-key-set" => X509KeyStorageFlags.PersistKeySet,
            "user-key-set" => X509KeyStorageFlags.UserKeySet,
            "user-protected" => X509KeyStorageFlags.UserProtected,
            _ => throw SectionReader.Wrong("ssl.certificate.flags", "default-key-set, exportable, machine-key-set, persist-key-set, user-key-set or user-protected", flag),
        });
        return X509CertificateLoader.LoadPkcs12FromFile(path, read.Text("ssl.certificate.password"), flags);
    }

    private static X509Certificate2 FromStore(SectionReader read)
    {
        var thumbprint = read.Text("ssl.certificate.thumbprint");
        var location = read.Text("ssl.certificate.store-location") switch
        {
            "local-machine" => StoreLocation.LocalMachine,
            "current-user" => StoreLocation.CurrentUser,
            var other => throw SectionReader.Wrong("ssl.certificate.store-location", "local-machine or current-user", other),
        };
        var name = read.Text("ssl.certificate.store-name");
        using var store = name.Length == 0 ? new X509Store(StoreName.My, location) : new X509Store(name, location);
        store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
        var found = store.Certificates.Find(X509FindType.FindByThumbprint, thumbprint, validOnly: false);
        return found.Count > 0 ? found[0] : throw SectionReader.Wrong("ssl.certificate.thumbprint", $"that of a certificate in the store \"{store.Name}\" of {location}", thumbprint);
    }
}
