package dev.tensafe.model.template;

/** A name or attribute that does not exist: empty as text, false, without length; no attributes. */
record Undefined(String name) {
  TemplateException error() {
    return TemplateException.error("'" + name + "' is undefined");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Undefined;
  }

  @Override
  public int hashCode() {
    return 0;
  }
}
