package dev.tensafe.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;

/** Static fields must be final. */
final class FinalStatics extends ArchCondition<JavaClass> {
  FinalStatics() {
    super("have final static fields only");
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    for (JavaField field : type.getFields()) {
      boolean ok =
          !field.getModifiers().contains(JavaModifier.STATIC)
              || field.getModifiers().contains(JavaModifier.FINAL);
      events.add(new SimpleConditionEvent(field, ok, field.getFullName() + " is not final"));
    }
  }
}
