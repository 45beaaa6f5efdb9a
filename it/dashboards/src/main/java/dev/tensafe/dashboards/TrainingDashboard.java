package dev.tensafe.dashboards;

/**
 * How runs of training go, and what stands between the parties' secrets. There is no differential
 * privacy in training, so nothing is shown of it.
 */
final class TrainingDashboard {
  private static final Promql RUN = new Promql("job=~\"$job\", instance=~\"$instance\"");
  private static final Promql SERVER = new Promql("job=~\"$server\"");
  private static final Promql HOST = new Promql("job=~\"$host\"");

  private TrainingDashboard() {}

  static Dashboard make() {
    Dashboard dashboard =
        new Dashboard(
            "tensafe-training",
            "TenSafe / Training and privacy",
            "How runs of training go, and whether encrypted adapters keep their promises.");
    dashboard
        .choice("job", "Job", "label_values(tensafe_train_step, job)")
        .choice("instance", "Run", "label_values(tensafe_train_step{job=~\"$job\"}, instance)")
        .choice("server", "Server", "label_values(vllm:num_requests_running, job)")
        .choice("host", "Adapter host", "label_values(tensafe_he_host_sessions, job)");
    dashboard.add(
        Panel.number(
            "Done",
            "percentunit",
            "Steps that are done, of those the run will have.",
            RUN.sum("", "tensafe_train_step") + " / " + RUN.sum("", "tensafe_train_steps")),
        Panel.number("Loss", "none", "Of the latest step.", RUN.max("", "tensafe_train_loss")),
        Panel.number(
            "Held-out loss",
            "none",
            "The latest one.",
            RUN.max("", "tensafe_train_validation_loss")),
        Panel.number(
            "Tokens", "tokens/s", "That are read.", RUN.rate("", "tensafe_train_tokens_total")),
        Panel.number(
            "Left",
            "s",
            "At the pace of the last minutes.",
            "("
                + RUN.sum("", "tensafe_train_steps")
                + " - "
                + RUN.sum("", "tensafe_train_step")
                + ") / (sum(rate("
                + RUN.of("tensafe_train_step")
                + "[$__rate_interval])) > 0)"),
        Panel.number(
            "Since the checkpoint",
            "none",
            "Steps that would be lost now.",
            "max("
                + RUN.of("tensafe_train_step")
                + " - "
                + RUN.of("tensafe_train_saved_step")
                + ")"));
    dashboard
        .row("Training")
        .add(
            Panel.lines(
                "Loss",
                "none",
                "Nats per scored token: of each step, and over the held-out examples.",
                Query.of(RUN.max("instance", "tensafe_train_loss"), "{{instance}}"),
                Query.of(
                    RUN.max("instance", "tensafe_train_validation_loss"),
                    "{{instance}}, held out")),
            Panel.lines(
                "Tokens",
                "tokens/s",
                "That are read.",
                Query.of(RUN.rate("instance", "tensafe_train_tokens_total"), "{{instance}}")),
            Panel.lines(
                "Learning rate",
                "none",
                "Of the latest step.",
                Query.of(RUN.max("instance", "tensafe_train_learning_rate"), "{{instance}}")),
            Panel.lines(
                "Gradients",
                "none",
                "Their norm before clipping.",
                Query.of(RUN.max("instance", "tensafe_train_gradient_norm"), "{{instance}}")),
            Panel.lines(
                "Steps",
                "none",
                "That are done.",
                Query.of(RUN.max("instance", "tensafe_train_step"), "{{instance}}")),
            Panel.lines(
                "Left out",
                "none",
                "Micro-batches whose loss was no finite number.",
                Query.of(RUN.max("instance", "tensafe_train_skipped_batches"), "{{instance}}")));
    dashboard
        .row("Privacy")
        .add(
            Panel.lines(
                "Rotations",
                "cps",
                "Of ciphertexts. It stays 0: nothing else than sums of products is computed.",
                Query.of(SERVER.rate("adapter", "tensafe_he_rotations_total"), "{{adapter}}")),
            Panel.lines(
                "Answers checked",
                "percentunit",
                "Tags checked per message.",
                Query.of(
                    SERVER.rate("", "tensafe_he_tags_checked_total")
                        + " / ("
                        + SERVER.rate("", "tensafe_he_messages_total")
                        + " > 0)",
                    "checked")),
            Panel.lines(
                "Hosts barred",
                "none",
                "Pairs of host and adapter, now.",
                Query.of(SERVER.sum("instance", "tensafe_he_barred_pairs"), "{{instance}}")),
            Panel.lines(
                "Rows that adapter hosts answered",
                "cps",
                "What somebody could learn weights from: bounded by budgets.",
                Query.of(
                    HOST.rate("instance", "tensafe_he_host_token_rows_total"), "{{instance}}")),
            Panel.lines(
                "Tokens by client",
                "none",
                "Since the record began; an owner's budgets end it.",
                Query.of(
                    HOST.sum("adapter, client", "tensafe_he_host_tokens_used"),
                    "{{adapter}}, {{client}}")),
            Panel.lines(
                "Clients barred",
                "none",
                "Accounts that the adapter host has barred, now.",
                Query.of(HOST.sum("instance", "tensafe_he_host_barred_accounts"), "{{instance}}")));
    return dashboard;
  }
}
