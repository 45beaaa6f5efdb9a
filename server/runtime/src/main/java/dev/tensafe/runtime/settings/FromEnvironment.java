package dev.tensafe.runtime.settings;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A command whose options may be given by variables of the environment. Commands without it read
 * none.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface FromEnvironment {
  /**
   * What the names of its variables begin with; the option's name follows, in capitals and with
   * underscores. {@code TENSAFE_} alone is {@code serve}'s; any other ends with two underscores,
   * which no option's name holds, so that a variable belongs to one command.
   */
  String prefix();
}
