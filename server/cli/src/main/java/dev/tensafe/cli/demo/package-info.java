/** The bundled demo: where its files lie, and how its adapters get into the registry. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.cli.demo;
