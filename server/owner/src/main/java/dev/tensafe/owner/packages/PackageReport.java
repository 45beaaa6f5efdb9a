package dev.tensafe.owner.packages;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.crypto.Digests;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.keys.Signature;
import dev.tensafe.tssp.manifest.BaseModelBinding;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.ManifestReader;
import dev.tensafe.tssp.manifest.Part;
import dev.tensafe.tssp.manifest.PolicyField;
import dev.tensafe.tssp.manifest.SignatureList;
import java.io.PrintWriter;
import java.util.HexFormat;
import java.util.stream.Collectors;

/** A report of a package's own statements, for people and for programs. */
final class PackageReport {
  private final PackageFile file;
  private final Manifest manifest;

  PackageReport(PackageFile file) {
    this.file = file;
    this.manifest = ManifestReader.read(file.manifestBytes());
  }

  String digest() {
    return HexFormat.of().formatHex(Digests.sha256(file.manifestBytes()));
  }

  void print(PrintWriter out) {
    out.println("adapter     " + manifest.name() + " version " + manifest.version());
    out.println("package     " + manifest.packageId() + ", digest " + digest());
    out.println("issuer      " + manifest.issuer());
    out.println(
        "valid       from "
            + manifest.created()
            + manifest.expires().map(t -> " to " + t).orElse(" on"));
    BaseModelBinding base = manifest.baseModel();
    out.println(
        "base model  "
            + printable(base.id())
            + ", config "
            + base.configSha256().orElse("any")
            + ", weights "
            + base.weightsSha256().orElse("any"));
    out.println(
        "mode        "
            + manifest.mode().label()
            + manifest.probes().stream()
                .mapToObj(n -> ", " + n + " probes")
                .findFirst()
                .orElse(""));
    out.println(
        "lora        rank "
            + manifest.adapter().rank()
            + ", alpha "
            + manifest.adapter().alpha().toPlainString()
            + (manifest.adapter().rslora() ? " (rsLoRA)" : "")
            + ", "
            + manifest.adapter().dtype()
            + ", "
            + manifest.adapter().parameters()
            + " parameters in "
            + manifest.adapter().modules().size()
            + " projections");
    for (int i = 0; i < manifest.parts().size(); i++) {
      Part part = manifest.parts().get(i);
      out.println(
          "part        "
              + part.name()
              + ", "
              + part.plaintext().length()
              + " bytes"
              + (isWithheld(i) ? ", withheld" : "")
              + ", for "
              + part.recipients().stream()
                  .map(r -> r.key().hex())
                  .collect(Collectors.joining(", ")));
    }
    if (!manifest.policy().conditions().isEmpty()) {
      out.println(
          "conditions  "
              + manifest.policy().conditions().stream()
                  .map(PolicyField::label)
                  .collect(Collectors.joining(", "))
              + " (--json shows them)");
    }
    manifest.license().ifPresent(text -> out.println("license     " + printable(text)));
    manifest
        .annotations()
        .forEach((key, text) -> out.println("annotation  " + key + "=" + printable(text)));
  }

  /** The manifest as it is, the signers it claims, and which parts are there. */
  ObjectNode json() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("digest", digest());
    JsonNode asSigned =
        CanonicalJson.parse(file.manifestBytes(), "the manifest", Reason.MANIFEST_INVALID);
    node.set("manifest", asSigned);
    ArrayNode signers = node.putArray("signers");
    for (Signature signature : SignatureList.read(file.signatureBytes())) {
      signers.add(signature.signer().hex());
    }
    ArrayNode withheld = node.putArray("withheld");
    for (int i = 0; i < manifest.parts().size(); i++) {
      if (isWithheld(i)) {
        withheld.add(manifest.parts().get(i).name());
      }
    }
    return node;
  }

  private boolean isWithheld(int part) {
    return part < file.parts().size() && file.parts().get(part).length() == 0;
  }

  /** Texts of a package may hold anything; a terminal shall not obey it. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
