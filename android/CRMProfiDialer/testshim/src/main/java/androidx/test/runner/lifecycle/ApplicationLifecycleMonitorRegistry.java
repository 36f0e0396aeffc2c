package androidx.test.runner.lifecycle;

/** Nobody asks for what is registered. */
public final class ApplicationLifecycleMonitorRegistry {
    private ApplicationLifecycleMonitorRegistry() {
    }

    public static void registerInstance(ApplicationLifecycleMonitor instance) {
    }
}
