package androidx.test.runner.lifecycle;

import android.app.Activity;
import java.util.Collection;

/** Knows the stage of every living activity. */
public interface ActivityLifecycleMonitor {
    Collection<Activity> getActivitiesInStage(Stage stage);
}
