System.Console.WriteLine("utp");
