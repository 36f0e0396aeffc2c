package androidx.test.runner.intent;

/** Nobody asks for what is registered. */
public final class IntentMonitorRegistry {
    private IntentMonitorRegistry() {
    }

    public static void registerInstance(IntentMonitor instance) {
    }
}
