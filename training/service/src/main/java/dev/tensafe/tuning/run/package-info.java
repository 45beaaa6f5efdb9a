/** The thread that trains, and the models it holds. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tuning.run;
