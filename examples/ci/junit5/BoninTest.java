import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BoninTest {
  static Bonin bonin;

  @BeforeAll
  static void start() throws Exception {
    bonin = Bonin.start();
  }

  @AfterAll
  static void stop() throws Exception {
    bonin.close();
  }

  @Test
  void looksUpACertifiedPerson() throws Exception {
    HttpResponse<String> answer = lookUp(bonin.certify("{\"merchant_uid\":\"visit-1\"}"));
    assertEquals(200, answer.statusCode());
    assertEquals("visit-1", Bonin.text(answer.body(), "merchant_uid"));
    assertTrue(answer.body().contains("\"certified\":true"));
  }

  @Test
  void knowsNoOtherId() throws Exception {
    assertEquals(404, lookUp("imp_000000000000").statusCode());
  }

  /** What a shop's server does: a token, then the lookup. */
  private static HttpResponse<String> lookUp(String impUid) throws Exception {
    String keys = String.format("{\"imp_key\":\"%s\",\"imp_secret\":\"%s\"}", bonin.impKey, bonin.impSecret);
    String token = Bonin.text(bonin.call(bonin.request("/users/getToken", keys)).body(), "access_token");
    return bonin.call(bonin.request("/certifications/" + impUid).header("Authorization", "Bearer " + token));
  }
}
