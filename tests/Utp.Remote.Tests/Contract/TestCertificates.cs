using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Utp.Remote.Tests.Contract;

/// <summary>Self-signed certificates as files, made once and used by all tests.</summary>
internal static class TestCertificates
{
    public const string Password = "secret";

    /// <summary>With its private key.</summary>
    public static string Path { get; } = Write("CN=localhost", withKey: true);

    /// <summary>The certificate alone.</summary>
    public static string WithoutKey { get; } = Write("CN=nokey", withKey: false);

    /// <summary>The section <c>ssl</c> of both transports.</summary>
    public static string Section(bool suppressValidation = true) => $$"""
        enable-ssl = true
        ssl {
          suppress-validation = {{(suppressValidation ? "true" : "false")}}
          certificate { path = "{{Path.Replace("\\", "/", StringComparison.Ordinal)}}", password = "{{Password}}" }
        }
        """;

    public static X509Certificate2 Create(string subject)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx, Password), Password, X509KeyStorageFlags.Exportable);
    }

    private static string Write(string subject, bool withKey)
    {
        using var certificate = Create(subject);
        using var shown = X509CertificateLoader.LoadCertificate(certificate.RawData);
        var path = System.IO.Path.Combine(AppContext.BaseDirectory, subject[3..] + ".pfx");
        File.WriteAllBytes(path, (withKey ? certificate : shown).Export(X509ContentType.Pfx, Password)!);
        return path;
    }
}
