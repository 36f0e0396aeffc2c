package androidx.test.runner.intent;

/** Nobody asks it anything. */
public interface IntentMonitor {
}
