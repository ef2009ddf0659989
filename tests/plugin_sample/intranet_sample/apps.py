from django.apps import AppConfig


class SampleConfig(AppConfig):
    name = "intranet_sample"
    label = "sample"
    intranet_plugin = "intranet_sample.plugin.PLUGIN"
