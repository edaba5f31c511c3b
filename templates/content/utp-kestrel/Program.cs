// A web application on TCP and on uTP, both on the port 5000 unless --port names another one. "dotnet run -- --ask true"
// also asks it over uTP, prints the answer and ends.
using System.Net;
using Utp.Kestrel;
using Utp.Streams;

var builder = WebApplication.CreateBuilder(args);
var port = builder.Configuration.GetValue("port", 5000);
builder.WebHost.UseUtp();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Listen(IPAddress.Loopback, port);
    kestrel.Listen(new UtpEndPoint(IPAddress.Loopback, port));
});

var app = builder.Build();
app.MapGet("/", (HttpContext http) => http.Features.Get<IUtpConnectionFeature>() is null ? "Hello over TCP." : "Hello over uTP.");
if (!builder.Configuration.GetValue("ask", false))
{
    app.Run();
    return;
}

await app.StartAsync();
// The uTP address begins with "utp:" in the list of addresses; a client's URL is an ordinary one.
var url = app.Urls.Single(url => url.Contains("utp:")).Replace("utp:", "");
using (var client = new HttpClient(UtpHttp.CreateHandler()))
    Console.WriteLine(await client.GetStringAsync(url));
await app.StopAsync();
