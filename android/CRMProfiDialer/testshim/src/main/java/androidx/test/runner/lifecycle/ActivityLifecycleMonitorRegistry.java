package androidx.test.runner.lifecycle;

/** Holds the one monitor of activities. */
public final class ActivityLifecycleMonitorRegistry {
    private static volatile ActivityLifecycleMonitor monitor;

    private ActivityLifecycleMonitorRegistry() {
    }

    public static void registerInstance(ActivityLifecycleMonitor instance) {
        monitor = instance;
    }

    public static ActivityLifecycleMonitor getInstance() {
        if (monitor == null) throw new IllegalStateException("no monitor of activities is registered");
        return monitor;
    }
}
