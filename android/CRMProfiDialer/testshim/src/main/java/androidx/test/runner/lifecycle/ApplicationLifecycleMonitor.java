package androidx.test.runner.lifecycle;

/** Nobody asks it anything. */
public interface ApplicationLifecycleMonitor {
}
