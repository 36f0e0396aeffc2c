package ru.groupprofi.crmprofi.dialer.service

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import ru.groupprofi.crmprofi.dialer.core.crm

/** The system's own clock looks after us every quarter of an hour, and when the network is back. */
class RecoveryJob : JobService() {
    private var work: Job? = null

    override fun onStartJob(params: JobParameters): Boolean {
        val container = crm
        container.recover()
        // the phone stays awake as long as the job lasts: time to send what waits
        work = container.scope.launch {
            delay(WORK_MS)
            jobFinished(params, false)
        }
        return true
    }

    override fun onStopJob(params: JobParameters): Boolean {
        work?.cancel()
        return false
    }

    companion object {
        const val PERIODIC = 1
        const val SOON = 2
        private const val PERIOD_MS = 15 * 60_000L
        private const val WORK_MS = 10_000L
        private const val SOON_MS = 5_000L

        fun schedule(context: Context) {
            val scheduler = scheduler(context)
            if (scheduler.allPendingJobs.any { it.id == PERIODIC }) return
            scheduler.schedule(job(context, PERIODIC).setPeriodic(PERIOD_MS).setPersisted(true).build())
        }

        /** Once, when there is a network. */
        fun soon(context: Context) {
            val job = job(context, SOON)
                .setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
                .setMinimumLatency(SOON_MS)
            scheduler(context).schedule(job.build())
        }

        private fun job(context: Context, id: Int) =
            JobInfo.Builder(id, ComponentName(context, RecoveryJob::class.java))

        private fun scheduler(context: Context) =
            context.getSystemService(Context.JOB_SCHEDULER_SERVICE) as JobScheduler
    }
}
