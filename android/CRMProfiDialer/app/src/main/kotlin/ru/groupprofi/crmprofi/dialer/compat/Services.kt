package ru.groupprofi.crmprofi.dialer.compat

import android.annotation.TargetApi
import android.app.Notification
import android.app.Service
import android.content.Context
import android.content.Intent
import android.content.pm.ServiceInfo
import android.os.Build

@TargetApi(Build.VERSION_CODES.N)
object Services24 {
    fun leaveForeground(service: Service) = service.stopForeground(Service.STOP_FOREGROUND_REMOVE)
}

@TargetApi(Build.VERSION_CODES.O)
object Services26 {
    fun start(context: Context, intent: Intent) {
        context.startForegroundService(intent)
    }
}

@TargetApi(Build.VERSION_CODES.UPSIDE_DOWN_CAKE)
object Services34 {
    /** The type has no time limit and may be started at boot. */
    fun enterForeground(service: Service, id: Int, notification: Notification) =
        service.startForeground(id, notification, ServiceInfo.FOREGROUND_SERVICE_TYPE_SPECIAL_USE)
}
