# Built in one image, run in another: what compiles or installs never reaches the machine that talks to people.
FROM python:3.11.14-slim-bookworm AS build

WORKDIR /build
RUN python -m venv /opt/waymark
# With what sends traces (WAYMARK_TRACES_URL): docker build --build-arg LOCK=requirements-traces.lock .
ARG LOCK=requirements.lock
COPY requirements.lock requirements-traces.lock ./
RUN /opt/waymark/bin/pip install --no-cache-dir --require-hashes --no-deps -r ${LOCK}
COPY pyproject.toml LICENSE ./
COPY bot bot
COPY handlers handlers
RUN /opt/waymark/bin/pip install --no-cache-dir --no-build-isolation --no-deps --no-index .
COPY content /opt/waymark/content
# Nothing is installed later, so nothing that installs goes along; compiled here, since nothing is written there.
RUN /opt/waymark/bin/pip uninstall --yes --quiet setuptools wheel pip
RUN /opt/waymark/bin/python -m compileall -q /opt/waymark/lib
RUN chmod -R a-w,a+rX /opt/waymark


FROM python:3.11.14-slim-bookworm

RUN groupadd --system --gid 10001 waymark \
    && useradd --system --uid 10001 --gid waymark --home-dir /data --shell /usr/sbin/nologin waymark \
    && install -d -o waymark -g waymark -m 0700 /data
COPY --from=build /opt/waymark /opt/waymark

# Only /data is written: the container may run read-only.
ENV PATH=/opt/waymark/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WAYMARK_CONTENT_DIR=/opt/waymark/content \
    WAYMARK_DATA_DIR=/data \
    WAYMARK_HTTP_HOST=0.0.0.0 \
    WAYMARK_HTTP_PORT=8080

# By number, so that a cluster can see that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 CMD ["python", "-c", \
    "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['WAYMARK_HTTP_PORT'] + '/healthz', timeout=4)"]

ENTRYPOINT ["waymark"]
CMD ["run"]
