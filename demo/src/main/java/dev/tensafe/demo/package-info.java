/** The demo: its dialogues, its model and adapters, and how well they answer. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.demo;
