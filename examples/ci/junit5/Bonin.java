import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A sandbox of Bonin in a process of its own, on a free port, with nothing on disk. */
public final class Bonin implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2); // npm may have to fetch it first

  public final String url;
  public final String impKey;
  public final String impSecret;
  public final String userCode;
  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();

  private Bonin(Process process, String ready) {
    this.process = process;
    url = text(ready, "rest_url");
    impKey = text(ready, "imp_key");
    impSecret = text(ready, "imp_secret");
    userCode = text(ready, "user_code");
  }

  public static Bonin start() throws IOException, InterruptedException {
    String command =
        System.getenv().getOrDefault("START_BONIN", "npx --yes --package=node@24 --package=bonin bonin");
    Path file = Files.createTempDirectory("bonin").resolve("ready.json");
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    words.addAll(List.of("dev", "--memory", "--port", "0", "--ready-file", file.toString()));
    Process process =
        new ProcessBuilder(words)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.exists(file)) {
      if (!process.isAlive() || System.nanoTime() > end) {
        process.destroy();
        throw new IOException("Bonin is not ready");
      }
      Thread.sleep(100);
    }
    return new Bonin(process, Files.readString(file));
  }

  /** Makes a certification of this person, as JSON, and returns its imp_uid. */
  public String certify(String person) throws IOException, InterruptedException {
    return text(call(request("/sandbox/certifications", person)).body(), "imp_uid");
  }

  public HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path));
  }

  public HttpRequest.Builder request(String path, String json) {
    return request(path)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(json));
  }

  public HttpResponse<String> call(HttpRequest.Builder request) throws IOException, InterruptedException {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** A text of a JSON answer, as Bonin writes it. A project with a JSON library uses that. */
  public static String text(String json, String name) {
    Matcher found = Pattern.compile('"' + name + "\":\"([^\"\\\\]*)\"").matcher(json);
    if (!found.find()) throw new IllegalArgumentException(name + " is not in the answer");
    return found.group(1);
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor();
  }
}
