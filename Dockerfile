# syntax=docker/dockerfile:1
ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY backend/requirements.txt .
RUN python -m venv /opt/crm/venv \
    && /opt/crm/venv/bin/pip install --require-hashes --requirement requirements.txt

FROM python:${PYTHON_VERSION}-slim AS app
ARG CRM_UID=10001
ARG CRM_RELEASE=0.1.0
LABEL org.opencontainers.image.title="crm" org.opencontainers.image.version="${CRM_RELEASE}"
ENV PATH=/opt/crm/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_ENV=production \
    CRM_RELEASE=${CRM_RELEASE} \
    STATIC_ROOT=/srv/crm/static \
    MEDIA_ROOT=/srv/crm/media \
    LOG_DIR=/srv/crm/logs
# the volumes inherit this owner on their first use
RUN useradd --uid "${CRM_UID}" --create-home --shell /usr/sbin/nologin crm \
    && install -d -o crm -g crm /srv/crm/static /srv/crm/media /srv/crm/media/public /srv/crm/logs
COPY --from=packages /opt/crm/venv /opt/crm/venv
COPY backend /opt/crm/backend
WORKDIR /opt/crm/backend
# nothing is written in the running container: what is not compiled here is compiled at each start of each process
RUN python -m compileall -q .
USER ${CRM_UID}
EXPOSE 8000 9000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "crm/alive.py", "8000"]
# --preload: a setting that production refuses ends the container with its sentence, not a worker in a loop
CMD ["gunicorn", "crm.wsgi:application", "--bind", "0.0.0.0:8000", "--preload", \
     "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--timeout", "60", \
     "--graceful-timeout", "30", "--keep-alive", "75", "--worker-tmp-dir", "/dev/shm"]
