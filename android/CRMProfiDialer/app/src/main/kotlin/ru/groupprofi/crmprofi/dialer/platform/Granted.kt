package ru.groupprofi.crmprofi.dialer.platform

import android.content.Context
import android.content.pm.PackageManager

/** Asked anew each time: the person may take a permission away at any moment. */
internal fun Context.isGranted(permission: String): Boolean =
    checkSelfPermission(permission) == PackageManager.PERMISSION_GRANTED
