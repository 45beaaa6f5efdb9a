/** Loading a model directory. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.model.files;
