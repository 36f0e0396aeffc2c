package ru.groupprofi.crmprofi.dialer.fakes

import android.app.NotificationManager
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowNotificationManager

/** A phone whose owner lets notifications fill the screen. */
@Implements(NotificationManager::class)
class FullScreenAllowed : ShadowNotificationManager() {
    private val isAllowed = true

    @Implementation
    fun canUseFullScreenIntent() = isAllowed
}
