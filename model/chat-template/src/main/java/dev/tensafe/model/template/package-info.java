/** Chat templates: a Jinja subset with Python semantics, sandboxed. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.model.template;
