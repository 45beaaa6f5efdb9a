package dev.tensafe.training.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ScheduleTest {
  @Test
  void itRisesInALineAndFallsAsACosine() {
    Schedule schedule = new Schedule(new Schedule.Spec(2, 4, Schedule.Shape.COSINE, 0.1), 104);
    assertEquals(0.5, schedule.rate(0));
    assertEquals(2, schedule.rate(3));
    assertEquals(2, schedule.rate(4));
    assertEquals(0.2 + 1.8 * (1 + Math.cos(Math.PI / 4)) / 2, schedule.rate(29), 1e-12);
    assertEquals(1.1, schedule.rate(54), 1e-12);
    assertEquals(0.2, schedule.rate(104), 1e-12);
    assertEquals(0.2, schedule.rate(1000), 1e-12);
  }

  @Test
  void itFallsInALineOrNotAtAll() {
    Schedule linear = new Schedule(new Schedule.Spec(1, 0, Schedule.Shape.LINEAR, 0), 10);
    assertEquals(1, linear.rate(0));
    assertEquals(0.5, linear.rate(5), 1e-12);
    assertEquals(0, linear.rate(10), 1e-12);
    Schedule constant = new Schedule(new Schedule.Spec(1, 2, Schedule.Shape.CONSTANT, 0.5), 10);
    assertEquals(0.5, constant.rate(0));
    assertEquals(1, constant.rate(9));
  }
}
